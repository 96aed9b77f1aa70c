// Package emu is the kit that vendor emulators are built on.
//
// A [Server] hands each request to the [Vendor] that claims it, keeps a log of the calls, spoils replies as its faults say,
// and answers control requests under /_emulator/. It is reached over a loopback socket ([Listen], [Server.Serve]) or in
// process ([Server.Transport]), with the same faults on both ways; the second works inside a testing/synctest bubble. It never
// listens off the loopback and never leaves a goroutine behind.
//
// Vendors find here what is no vendor's fact on the wire: a world under a lock ([Tenant]), lists in which reads see an older view
// while writes lag ([List], [Table]), parameters ([Form]), routing ([Router]) and seeds ([Decode], [LoadEach], [DumpEach]). The
// kit knows no vendor, and nothing else of this module.
//
// All emulators have the same files: options, vendor (what the server calls), routes, auth, sign, rates (if the vendor limits
// calls), errors, form, page, seed (its format), load, dump, world, and one for each family of resources.
package emu
