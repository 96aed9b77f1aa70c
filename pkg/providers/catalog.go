package providers

import (
	"github.com/entitlectl/entitlectl/pkg/provider"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/httpx"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365/wps365emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Catalog lists every provider. One without a Reader has its place in the file format but can't be reached yet.
func Catalog() []Provider {
	return []Provider{
		{Format: alibabacloud.Format(), Reader: source(alibabacloud.NewReader), Writer: target(alibabacloud.NewWriter), Emulator: alibabacloudEmulator},
		{Format: huaweicloud.Format(), Reader: source(huaweicloud.NewReader), Writer: target(huaweicloud.NewWriter), Emulator: huaweicloudEmulator},
		{Format: wps365.Format(), Reader: source(wps365.NewReader), Writer: target(wps365.NewWriter), Emulator: wps365Emulator},
	}
}

// Find returns the provider of that name.
func Find(name string) (Provider, bool) {
	for _, p := range Catalog() {
		if p.Format.Provider == name {
			return p, true
		}
	}
	return Provider{}, false
}

// Formats returns what the file may hold for each provider.
func Formats() []spec.Format {
	var formats []spec.Format
	for _, p := range Catalog() {
		formats = append(formats, p.Format)
	}
	return formats
}

// source and target turn a provider's constructor, which returns its own type, into one that returns the interface.
func source[S provider.Source](open func(spec.Connection, map[string]spec.Secret, httpx.Env) (S, error)) func(spec.Connection, map[string]spec.Secret, httpx.Env) (provider.Source, error) {
	return func(c spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Source, error) {
		s, err := open(c, secrets, env)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
}

func target[T provider.Target](open func(spec.Connection, map[string]spec.Secret, httpx.Env) (T, error)) func(spec.Connection, map[string]spec.Secret, httpx.Env) (provider.Target, error) {
	return func(c spec.Connection, secrets map[string]spec.Secret, env httpx.Env) (provider.Target, error) {
		t, err := open(c, secrets, env)
		if err != nil {
			return nil, err
		}
		return t, nil
	}
}

func alibabacloudEmulator(o EmulatorOptions) emu.Vendor {
	return alibabacloudemu.New(alibabacloudemu.Options{Unthrottled: o.Unthrottled})
}

func huaweicloudEmulator(o EmulatorOptions) emu.Vendor {
	return huaweicloudemu.New(huaweicloudemu.Options{Unthrottled: o.Unthrottled})
}

func wps365Emulator(EmulatorOptions) emu.Vendor { // the vendor states no rate that could be lifted
	return wps365emu.New(wps365emu.Options{})
}
