package providertest

import (
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// All is what a plan asks that is about all that is desired.
func All(desired spec.State) provider.Query {
	return provider.Query{Desired: desired, Notices: true}
}

// Part is what a plan asks that is filtered to what is desired here.
func Part(desired spec.State) provider.Query {
	return provider.Query{Desired: desired, Partial: true, Notices: true}
}
