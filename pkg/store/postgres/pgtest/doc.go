// Package pgtest gives tests a real PostgreSQL: the one that ENTITLECTL_TEST_POSTGRES names by a URL whose role may make schemas,
// else one of their own, started from installed programs in a temporary folder, and ended with the process of the test however
// that ends. Without either a test is skipped, loudly.
package pgtest

// Variable names a server for tests.
const Variable = "ENTITLECTL_TEST_POSTGRES"
