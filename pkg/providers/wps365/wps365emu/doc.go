// Package wps365emu is WPS 365 as an emulator: OAuth2 tokens, KSO-1 signatures, mail groups with their members and accepted
// senders, and as much of the directory as tells whom an address belongs to.
//
// It is the vendor, written from what the vendor documents and from nothing of this module but the emulator kit: its own wire
// structs, its own check of signatures, its own limits. What no document settles is decided by [Options]. The calls that no
// public page documents are served as their siblings in the API suggest, so that a client can be tried; a real tenant may
// differ in all of them.
//
// Left out: calls that entitlectl does not make and that no sign-in needs (lists of users and of departments, single users, user
// mailboxes), writes to the directory, members of public mailboxes, the contact range's own call, tokens for third-party apps,
// members named by id, and filters of the mail group list (refused, as their form is not known).
package wps365emu
