package postgres

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Scheme begins the URLs of this store; the other one is the same.
const Scheme, otherScheme = "postgres://", "postgresql://"

// IsURL says whether a text is meant to be a URL of this store.
func IsURL(text string) bool {
	return strings.HasPrefix(text, Scheme) || strings.HasPrefix(text, otherScheme)
}

// connections is how many connections a process uses at most, beside that of its session. A URL sets another number with
// pool_max_conns.
const connections = 4

// errURL tells nothing of the text: a password may be anywhere in one that can't be read.
var errURL = errors.New("not a URL that can be read: write postgres://USER@HOST:PORT/DATABASE, with ?sslmode=… and other settings of PostgreSQL's, " +
	"and characters such as / and @ in names and passwords as %2F and %40; several hosts of IPv6 as ?host=::1,::2")

// The settings of a URL that are secrets.
const (
	Password    = "password"
	KeyPassword = "sslpassword" // of the key of a client's certificate
)

// Secrets is what a URL says of each of its secrets: a reference such as env:NAME or file:PATH, or the very secret. A password
// stands after the user's name, or as a setting. rest is the URL without them.
func Secrets(text string) (secrets map[string]string, rest string, err error) {
	u, err := url.Parse(text)
	if err != nil || misread(text) {
		return nil, "", errURL
	}
	settings, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, "", errURL
	}
	secrets = map[string]string{}
	for name := range settings {
		switch secret := name == Password || name == KeyPassword; {
		case secret && settings.Get(name) != "":
			secrets[name] = settings.Get(name)
		case !secret && strings.Contains(strings.ToLower(name), "passw"): // a slip: it would be sent as a setting, and not be kept secret
			return nil, "", fmt.Errorf("PostgreSQL's clients know no setting %s; write %s or %s", name, Password, KeyPassword)
		}
	}
	if u.User != nil {
		if inside, set := u.User.Password(); set {
			secrets[Password] = inside
		}
		u.User = url.User(u.User.Username())
	}
	settings.Del(Password)
	settings.Del(KeyPassword)
	u.RawQuery = encode(settings)
	if u.Host == "" && u.Path == "" {
		u.Path = "/" // else it would be written without the slashes, and be no URL
	}
	return secrets, u.String(), nil
}

// misread says whether a URL has an @ behind its host. Then it may begin with a password that holds one of /, ? and #, a part of
// which would be taken for the host's name, and be shown.
func misread(text string) bool {
	_, rest, _ := strings.Cut(text, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return strings.Contains(rest[end:], "@")
	}
	return false
}

// WithKeyPassword is a URL with that secret in it.
func WithKeyPassword(text, secret string) string {
	u, err := url.Parse(text)
	if err != nil || secret == "" {
		return text
	}
	settings := u.Query()
	settings.Set(KeyPassword, secret)
	u.RawQuery = encode(settings)
	return u.String()
}

// encode writes settings as PostgreSQL's clients read them: they take a plus for one.
func encode(settings url.Values) string { return strings.ReplaceAll(settings.Encode(), "+", "%20") }

// unfit says what is wrong with the settings of a URL, without the URL.
func unfit(err error) error {
	failure := (*pgconn.ParseConfigError)(nil)
	if !errors.As(err, &failure) {
		return errURL
	}
	failure.ConnString = ""
	return fmt.Errorf("its settings can't be used: %s", strings.TrimPrefix(failure.Error(), "cannot parse ``: "))
}

// parse makes the settings of connections from a URL without a password.
func parse(text, password string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, unfit(err)
	}
	if password != "" {
		config.ConnConfig.Password = password
	}
	if !strings.Contains(text, "pool_max_conns=") {
		config.MaxConns = connections
	}
	config.MaxConnIdleTime = time.Minute
	c := config.ConnConfig
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 10 * time.Second
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "entitlectl"
	}
	// What the first messages rely on, whatever the database sets. Poolers know both.
	c.RuntimeParams["client_encoding"], c.RuntimeParams["standard_conforming_strings"] = "UTF8", "on"
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}}
	c.DialFunc = dialer.DialContext
	return config, nil
}

// place is where a store is, without who connects. It names all hosts that may have it.
func place(c *pgx.ConnConfig) string {
	var hosts []string
	for _, at := range append([]*pgconn.FallbackConfig{{Host: c.Host, Port: c.Port}}, c.Fallbacks...) {
		host := at.Host
		if !strings.HasPrefix(host, "/") { // a folder with a socket
			host = net.JoinHostPort(host, fmt.Sprint(at.Port))
		}
		if !slices.Contains(hosts, host) { // with TLS and without it is the same
			hosts = append(hosts, host)
		}
	}
	return fmt.Sprintf("%s%s/%s", Scheme, strings.Join(hosts, ","), c.Database)
}
