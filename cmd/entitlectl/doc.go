// Command entitlectl keeps who-may-use-what in files and makes clouds agree with them.
//
// This package turns flags, files and the environment into calls of the packages below, and what they return into output
// and an exit code. It is the only place that prints, and main the only function that ends the process. Everything it
// takes from the process comes through env, so that a run can be repeated in a test.
//
// Each command begins in the file of its name, and goes on in those whose names begin with that; apply goes on in application.go,
// clock.go and override.go. What commands share: root.go and flag*.go (flags), load.go and scope.go (what a run is about), base.go
// (--base), connect.go (opens connections), storeplace.go (opens the store), output.go and forms.go (what is written where), exit.go.
package main
