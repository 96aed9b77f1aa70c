// Package alibabacloud reads the accounts of an Alibaba Cloud resource directory, and makes cloud accounts of resource
// accounts: it asks for the promotion, and sends the mail again by which its owner confirms it.
//
// In go a connection and what is desired; out come what is live, one call a change, and the fate of each call. What each
// status of an account means is one table, in status.go. What reads do not show, the ids of pending records and how often
// a mail was sent, is kept in store.KV, see [mailed]. References such as "ResourceManager 2020-03-31" name the
// vendor's product and the version of its API.
package alibabacloud
