package postgres

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
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
	"and characters such as / and @ in names as %2F and %40")

// Password is what a URL says of the password: "" for nothing, a reference such as env:NAME or file:PATH, or the very password.
// It stands after the user's name, or as the setting password. rest is the URL without it.
func Password(text string) (password, rest string, err error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", "", errURL
	}
	settings, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", "", errURL
	}
	password = settings.Get("password")
	if u.User != nil {
		if inside, set := u.User.Password(); set {
			password = inside
		}
		u.User = url.User(u.User.Username())
	}
	settings.Del("password")
	u.RawQuery = strings.ReplaceAll(settings.Encode(), "+", "%20") // PostgreSQL's clients take a plus for one
	return password, u.String(), nil
}

// parse makes the settings of connections from a URL without a password.
func parse(text, password string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, errURL
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

// place is where a store is, without who connects.
func place(c *pgx.ConnConfig) string {
	host := c.Host
	if !strings.HasPrefix(host, "/") { // a folder with a socket
		host = net.JoinHostPort(host, fmt.Sprint(c.Port))
	}
	return fmt.Sprintf("%s%s/%s", Scheme, host, c.Database)
}
