package httpx

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// proxyVariables are the variables by which net/http finds a proxy.
var proxyVariables = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"}

// checkProxies says which variable names a proxy in a way that net/http does not understand, and would pass over to go direct.
func checkProxies() error {
	for _, name := range proxyVariables {
		if value := os.Getenv(name); value != "" && !isProxy(value) {
			return fmt.Errorf("%s is no address of a proxy; write it as http://HOST:PORT, or unset it", name)
		}
	}
	return nil
}

// isProxy takes what net/http takes: a URL, or a host and a port.
func isProxy(value string) bool {
	u, err := url.Parse(value)
	if err != nil || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		if strings.Contains(value, "://") {
			return false
		}
		u, err = url.Parse("http://" + value)
	}
	return err == nil && u.Hostname() != "" && !strings.ContainsAny(value, " \t\r\n")
}

// proxyPasswords are the passwords of the proxies that net/http takes from the environment. Its errors may show them.
func proxyPasswords() []spec.Secret {
	var found []spec.Secret
	for _, name := range proxyVariables {
		proxy := os.Getenv(name)
		if end := strings.LastIndexByte(proxy, '@'); end >= 0 {
			user := proxy[:end]
			if start := strings.Index(user, "://"); start >= 0 {
				user = user[start+len("://"):]
			}
			_, password, _ := strings.Cut(user, ":")
			found = append(found, spec.NewSecret(password), spec.NewSecret(unescape(password, '%')))
		}
	}
	return found
}
