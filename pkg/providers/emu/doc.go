// Package emu is the kit that vendor emulators are built on.
//
// A [Server] hands each request to the [Vendor] that claims it, keeps a log of the calls, spoils replies as its faults say,
// and answers control requests under /_emulator/. It is reached over a loopback socket ([Listen], [Server.Serve]) or in
// process ([Server.Transport]), with the same faults on both ways; the second works inside a testing/synctest bubble.
//
// The kit knows no vendor, and nothing else of this module. It never listens off the loopback and never leaves a goroutine
// behind.
package emu
