// Package apply makes plans from live reads and carries them out.
//
// In go the desired state of each connection and the provider that reaches it; out comes a plan, and later the result of
// each of its changes as live state shows it. The package knows no vendor, prints nothing and never ends the process;
// whoever wants to watch passes an Observer.
//
// Who writes holds the locks of its connections (AcquireLocks). Each call is in the journal before it is sent, and how it ended
// before the next one is, so that the run after one that was killed knows what is in doubt; see docs/reliability.md. Of each
// connection the steps know how far its changes have come, the sender sends them, and the ledger is what is written down. A
// doubt is a call of an earlier run of which nothing tells whether it was done.
package apply
