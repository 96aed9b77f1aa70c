// Package providertest is the kit with which vendors' packages are tested.
package providertest
