// Package huaweicloud reads and changes who may use what in Huawei Cloud Workspace: app groups of application streaming,
// and apps of the App Center.
//
// In go a connection and what is desired; out come what is live, calls that pack changes, and the fate of each call. All
// that is peculiar to this vendor stays here: two hosts a region, USER against SIMPLE, ids that removal needs, and calls
// that answer 200 and do nothing. References such as "b2" name the calls of the vendor's Workspace API: a app groups,
// b their authorizations, d App Center, f users, g user groups.
package huaweicloud
