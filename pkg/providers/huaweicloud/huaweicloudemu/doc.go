// Package huaweicloudemu is Huawei Cloud Workspace as an emulator: application streaming (app groups, their authorizations and
// mail records), App Center, users, user groups, and as much of IAM as a client needs to sign in.
//
// It is the vendor, written from what the vendor documents and from nothing of this module but the emulator kit: its own wire
// structs, its own check of signatures, its own limits. What the documents leave open is decided by [Options]. Comments name
// calls by short numbers (b2), which stand beside the routes.
//
// Left out: calls that neither entitlectl nor the vendor's Terraform provider makes (a7, a8, d4, f3, f7, f8, g5), published apps
// (e), deleting App Center apps, server groups (their ids are taken as they come) and text messages.
package huaweicloudemu
