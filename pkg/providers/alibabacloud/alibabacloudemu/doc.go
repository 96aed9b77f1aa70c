// Package alibabacloudemu is Alibaba Cloud Resource Management as an emulator: the member accounts of one resource directory and
// the mails that promote them, under the versions 2016-11-11 and 2020-03-31 (ResourceManager) and 2022-04-19
// (ResourceDirectoryMaster).
//
// It is the vendor, written from what the vendor documents and from nothing of this module but the emulator kit: its own wire
// structs, its own check of signatures (V3 and V1), its own limits. What the documents leave open is decided by [Options].
// All calls go to "/"; faults and the call log know them by version and action: "POST /2020-03-31/PromoteResourceAccount".
//
// The owner of an account confirms each mail that a call sent them [Options.ConfirmAfter] later by the emulator's clock, so
// advancing it ends what is pending. A seed says which owners do otherwise ("owner: ignores", "owner: declines"), and whether
// one will still answer a mail of before ("answer:"). Addresses that begin with "bounce" never answer. The mails that were sent
// are in the state.
//
// Left out: actions that neither entitlectl nor the vendor's Terraform provider calls (creating cloud accounts by mail, cancelling a
// promotion, changing an email; a seed can hold what they leave behind), folders beyond their ids, moving and deleting accounts,
// tags, handshakes, payers, binding a phone, and XML.
package alibabacloudemu
