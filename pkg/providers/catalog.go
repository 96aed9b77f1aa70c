package providers

import (
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud"
	"github.com/entitlectl/entitlectl/pkg/providers/alibabacloud/alibabacloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/emu"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud"
	"github.com/entitlectl/entitlectl/pkg/providers/huaweicloud/huaweicloudemu"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365"
	"github.com/entitlectl/entitlectl/pkg/providers/wps365/wps365emu"
	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Catalog lists every provider.
func Catalog() []Provider {
	return []Provider{
		{Format: alibabacloud.Format(), Reader: alibabacloud.NewReader, Writer: alibabacloud.NewWriter, Emulator: alibabacloudEmulator},
		{Format: huaweicloud.Format(), Reader: huaweicloud.NewReader, Writer: huaweicloud.NewWriter, Emulator: huaweicloudEmulator},
		{Format: wps365.Format(), Reader: wps365.NewReader, Writer: wps365.NewWriter, Emulator: wps365Emulator},
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
func Formats() []spec.ProviderSchema {
	return spec.Each(Catalog(), func(p Provider) spec.ProviderSchema { return p.Format })
}

// Kinds are the kinds of resources of all providers.
func Kinds() []spec.Kind {
	var kinds []spec.Kind
	for _, f := range Formats() {
		for _, k := range f.Kinds {
			kinds = append(kinds, k.Kind)
		}
	}
	return kinds
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
