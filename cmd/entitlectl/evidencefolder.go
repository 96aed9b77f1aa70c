package main

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// evidenceSums is the manifest, as the program sha256sum writes and checks it.
const evidenceSums = "SHA256SUMS"

// evidenceFolder is a folder that is being written, with the digest of each file in it.
type evidenceFolder struct {
	root *os.Root
	sums map[string]string
}

// newEvidenceFolder makes the folder. One that has something in it is refused.
func newEvidenceFolder(dir string) (*evidenceFolder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("--out %s: %w", dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("it has %s already; name another folder, or remove it first", entries[0].Name())
	}
	if err != nil {
		return nil, fmt.Errorf("--out %s: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("--out %s: %w", dir, err)
	}
	return &evidenceFolder{root, map[string]string{}}, nil
}

// write writes a file, whose name has no link in it, and keeps its digest.
func (f *evidenceFolder) write(name string, content func(io.Writer) error) (err error) {
	if folder := path.Dir(name); folder != "." {
		if err := f.root.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sum, buffer := sha256.New(), bufio.NewWriterSize(file, 1<<16)
	if err := content(io.MultiWriter(sum, buffer)); err != nil {
		return err
	}
	f.sums[name] = hexOf(sum)
	return errors.Join(buffer.Flush(), file.Sync())
}

// seal writes the manifest and returns its digest.
func (f *evidenceFolder) seal() (string, error) {
	sums := maps.Clone(f.sums)
	err := f.write(evidenceSums, func(w io.Writer) error {
		for _, name := range slices.Sorted(maps.Keys(sums)) {
			if _, err := fmt.Fprintf(w, "%s  %s\n", sums[name], name); err != nil {
				return err
			}
		}
		return nil
	})
	return digestPrefix + f.sums[evidenceSums], err
}

const digestPrefix = "sha256:"

func hexOf(h hash.Hash) string { return fmt.Sprintf("%x", h.Sum(nil)) }

// sumOf is the digest of a file in hex.
func sumOf(root *os.Root, name string) (string, error) {
	file, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return hexOf(sum), err
}

// readSums reads the manifest, and returns the digest of it too.
func readSums(root *os.Root) (sums map[string]string, digest string, err error) {
	text, err := root.ReadFile(evidenceSums)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", errors.New("it has no " + evidenceSums + ", so it is no evidence, or was not written to its end")
	}
	if err != nil {
		return nil, "", err
	}
	sums = map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || len(sum) != sha256.Size*2 || sums[name] != "" {
			return nil, "", fmt.Errorf("%s: the line %q is not one that entitlectl writes", evidenceSums, strings.TrimSpace(line))
		}
		sums[name] = sum
	}
	return sums, fmt.Sprintf("%s%x", digestPrefix, sha256.Sum256(text)), nil
}
