package httpx

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// writers are ways in which a vendor may show a secret.
var writers = map[string]func(string) string{
	"raw":           func(s string) string { return s },
	"small letters": func(s string) string { return strings.ToLower(s) },
	"JSON":          inJSON,
	"JSON, slashes": func(s string) string { return strings.ReplaceAll(inJSON(s), "/", `\/`) },
	"JSON, Gson":    gson,
	"JSON, large digits": func(s string) string {
		return strings.NewReplacer(`\u003d`, `\u003D`, `\u003c`, `\u003C`).Replace(gson(s))
	},
	"query":               url.QueryEscape,
	"query, small digits": func(s string) string { return smallDigits(url.QueryEscape(s)) },
	"path":                url.PathEscape,
	"hex":                 func(s string) string { return hex.EncodeToString([]byte(s)) },
	"hex, large digits":   func(s string) string { return fmt.Sprintf("%X", s) },
	"base64":              func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64, no padding":  func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64url":           func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"base64url, bare":     func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
}

// nested are ways that are found when they show a whole secret.
var nested = map[string]func(string) string{
	"JSON in JSON":  func(s string) string { return inJSON(inJSON(s)) },
	"JSON in a URL": func(s string) string { return url.QueryEscape(inJSON(s)) },
	"URL in a URL":  func(s string) string { return url.QueryEscape(url.PathEscape(s)) },
	"base64 in JSON": func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(s)), "/", `\/`)
	},
	"base64 in a URL": func(s string) string {
		return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s)))
	},
	"HTML":                html.EscapeString,
	"all escaped":         allEscaped,
	"all escaped in JSON": func(s string) string { return inJSON(allEscaped(s)) },
}

func inJSON(s string) string {
	data, _ := json.Marshal(s)
	return string(data[1 : len(data)-1])
}

// allEscaped escapes every other letter, as a filter that trusts nobody may.
func allEscaped(s string) string {
	var b strings.Builder
	for i, r := range s {
		form := []string{`\u%04x`, `%c`, `\u%04X`}[i%3]
		if r == '\\' {
			form = `\u%04x`
		}
		_, _ = fmt.Fprintf(&b, form, r)
	}
	return b.String()
}

func gson(s string) string {
	return strings.NewReplacer("=", `\u003d`, "'", `\u0027`).Replace(inJSON(s))
}

func smallDigits(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] == '%' {
			copy(b[i:], strings.ToLower(s[i:i+3]))
		}
	}
	return string(b)
}

// runs are the pieces of a text of the length that must not be seen.
func runs(text string) []string {
	var all []string
	for i := 0; i+part <= len(text); i++ {
		all = append(all, text[i:i+part])
	}
	return all
}

const letters = `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=-_.~&<>"'\ :;%é`

func long() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune(letters)), 20, 70, -1)
}

func filler() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune(`abc XYZ.,{}[]"0123456789`)), 0, 30, -1)
}

// secretsOf are some secrets in use, of which the last one is given.
func secretsOf(secret string) *Secrets {
	s := new(Secrets)
	s.Keep(spec.NewSecret("another secret of this run"), spec.NewSecret(secret))
	return s
}

// However a secret is written, and wherever what shows it was cut, not twelve characters in a row of it are left, and the
// rest of the text is.
func TestNothingOfASecretIsLeft(t *testing.T) {
	for name, write := range writers {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			secret := long().Draw(t, "secret")
			form := write(secret)
			from := rapid.IntRange(0, len(form)-part).Draw(t, "from")
			to := rapid.IntRange(from+part, len(form)).Draw(t, "to")
			if rapid.Bool().Draw(t, "whole") {
				from, to = 0, len(form)
			}
			before, after := filler().Draw(t, "before"), filler().Draw(t, "after")
			got := secretsOf(secret).Redact(before + form[from:to] + after)
			check(t, form, got, before, after)
		}))
	}
	for name, write := range nested {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			secret := long().Draw(t, "secret")
			before, after := filler().Draw(t, "before"), filler().Draw(t, "after")
			check(t, write(secret), secretsOf(secret).Redact(before+write(secret)+after), before, after)
		}))
	}
}

func check(t *rapid.T, form, got, before, after string) {
	for _, run := range runs(form) {
		if strings.Contains(got, run) {
			t.Fatalf("%q is left in %q", run, got)
		}
	}
	// What touches the secret may be taken for a part of it.
	if before, after = before[:max(0, len(before)-part)], after[min(len(after), part):]; !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) {
		t.Fatalf("%q is not between %q and %q", got, before, after)
	}
}

// A text that shows nothing of a secret stays as it is.
func TestOtherTextStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret, text := long().Draw(t, "secret"), rapid.StringOf(rapid.RuneFrom([]rune(letters))).Draw(t, "text")
		cut := rapid.IntRange(0, part-1).Draw(t, "cut")
		text += "\n" + secret[:cut] + "\n" + secret[len(secret)-cut:]
		if got := secretsOf(secret).Redact(text); got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestShortSecrets(t *testing.T) {
	for _, tc := range []struct{ secret, text, want string }{
		{"abc", "abc YWJj 616263", "abc YWJj 616263"}, // three letters stand everywhere
		{"", "", ""},
		{"p4ss", "p4ss, P4SS, and p4s", "[redacted], [redacted], and p4s"},
		{"p4=s", `p4\u003ds p4%3Ds cDQ9cw== cDQ9cw 70343D73`, "[redacted] [redacted] [redacted] [redacted] [redacted]"},
		{"elevenchars", "elevenchars, elevenchar", "[redacted], elevenchar"},
		{"twelve chars", "so twelve chars it is", "so [redacted] it is"},
		{"blanks and & signs", "as JSON in a URL: blanks+and+%5Cu0026+signs", "as JSON in a URL: [redacted]"},
		{"secretsecret", "secretsecretsecretsecret", "[redacted]"},
	} {
		s := new(Secrets)
		s.Keep(spec.NewSecret(tc.secret))
		if got := s.Redact(tc.text); got != tc.want {
			t.Errorf("%q: %q became %q, want %q", tc.secret, tc.text, got, tc.want)
		}
	}
}

// A password is found within the base64 of what a request was authenticated with, whatever stands before it.
func TestPasswordAfterAName(t *testing.T) {
	const secret = "correct horse battery staple"
	for _, name := range []string{"", "a", "ab", "abc"} {
		text := base64.StdEncoding.EncodeToString([]byte(name + ":" + secret + "\n"))
		got := secretsOf(secret).Redact("Basic " + text)
		plain, _ := base64.StdEncoding.DecodeString(text)
		if strings.Contains(got, text[8:len(text)-8]) || len(got) > len("Basic [redacted]")+12 {
			t.Errorf("%q: %q became %q", plain, text, got)
		}
	}
}

// What a vendor sends may be large and of nothing but escapes; the time for it grows no faster than it does. (With its square
// this would take hours.)
func TestLargeTextsTakeLinearTime(t *testing.T) {
	const size = MaxBody / 8
	secret := strings.Repeat("ab", 40) + "=end"
	for _, unit := range []string{"a", "ab", `\`, "%", "&", `\u0061b`, "%61b", "%25", "&#97;b", "abababababac", secret} {
		text := strings.Repeat(unit, size/len(unit))
		if got := secretsOf(secret).Redact(text); len(got) > len(text) {
			t.Errorf("%q: %d bytes became %d", unit, len(text), len(got))
		}
	}
}

func BenchmarkRedact(b *testing.B) {
	s := secretsOf(strings.Repeat("0123456789abcdef/+", 100))
	for name, unit := range map[string]string{"prose": "The quick brown fox jumps over the lazy dog. ", "escapes": `\u0061%61`} {
		text := strings.Repeat(unit, MaxBody/len(unit))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				s.Redact(text)
			}
		})
	}
}
