// Command entitlectl keeps who-may-use-what in files and makes clouds agree with them.
//
// This package turns flags, files and the environment into calls of the packages below, and what they return into output
// and an exit code. It is the only place that prints, and main the only function that ends the process. Everything it
// takes from the process comes through env, so that a run can be repeated in a test.
package main
