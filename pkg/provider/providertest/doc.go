// Package providertest is the kit with which a vendor's package is tested.
//
// A Tenant is the vendor's emulator in this process, with a connection to it, what was sent there and what outlives a run. What
// every vendor's package must do is in Conform: it needs a Provider and, in its folder of fixtures, the world before
// (seed.yaml), what is desired (desired.yaml) and the world after (after.yaml); where some calls read although they are no
// GET, reads.txt lists them, as METHOD PATH with * for a part of the path.
//
// The kit knows no vendor. It is imported by tests only.
package providertest
