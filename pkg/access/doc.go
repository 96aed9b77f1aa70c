// Package access answers who may use what and why: from what files want at a moment, from what is live, or from both. It is
// pure: it reads no file, asks no vendor and knows no clock.
package access
