package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// PostgreSQL's text holds any character but the zero one. It is written as two that are as rare; other text stays as it is.
var (
	escape   = strings.NewReplacer("\x01", "\x01\x01", "\x00", "\x01\x02")
	unescape = strings.NewReplacer("\x01\x01", "\x01", "\x01\x02", "\x00")
)

// stored is text as it is kept.
func stored(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("%q is not text in UTF-8", text)
	}
	return escape.Replace(text), nil
}

// id is what a key or scope is found by.
func id(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// lockID is the number of an advisory lock. Locks of all programs in the database share the numbers.
func lockID(parts ...string) int64 {
	sum := sha256.Sum256([]byte("entitlectl\x00" + strings.Join(parts, "\x00")))
	return int64(binary.BigEndian.Uint64(sum[:]))
}
