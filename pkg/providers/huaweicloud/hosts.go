package huaweicloud

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entitlectl/entitlectl/pkg/spec"
)

// Regions whose app groups have a host of their own; elsewhere one host serves both families. (SDK for Go v3:
// services/workspaceapp/v1/region and services/workspace/v2/region.)
var appstreamRegions = []string{"cn-north-4", "cn-north-9", "cn-east-3", "cn-south-1", "cn-southwest-2"}

var workspaceRegions = append([]string{"la-south-2", "la-north-2", "sa-brazil-1", "ap-southeast-1", "ap-southeast-2",
	"ap-southeast-3", "cn-east-5", "cn-north-11", "me-east-1", "af-south-1", "af-north-1", "tr-west-1"}, appstreamRegions...)

// europe has hosts under a domain of its own, and one for app groups and desktops, as all regions outside of China. (The SDK's pages
// of its other services; it names no host for app groups there.)
const europe = "eu-west-101"

// knownRegions are those whose hosts are known, sorted.
func knownRegions() []string {
	return slices.Sorted(slices.Values(append(slices.Clone(workspaceRegions), europe)))
}

// Regions that serve without an IAM host of their own; the global one takes their place. (SDK: core/auth/internal.)
var globalIAMRegions = []string{"cn-north-11", "af-north-1"}

func hostsOf(conn spec.Connection) (map[family]string, error) {
	region, hosts, domain := conn.Settings["region"], map[family]string{}, ".myhuaweicloud.com"
	if region == europe {
		domain = ".myhuaweicloud.eu"
	}
	if slices.Contains(knownRegions(), region) {
		hosts[familyWorkspace] = "https://workspace." + region + domain
		hosts[familyApp], hosts[familyIAM] = hosts[familyWorkspace], "https://iam."+region+domain
	}
	if slices.Contains(appstreamRegions, region) {
		hosts[familyApp] = "https://appstream." + region + ".myhuaweicloud.com"
	}
	if slices.Contains(globalIAMRegions, region) {
		hosts[familyIAM] = "https://iam.myhuaweicloud.com"
	}
	for _, f := range []family{familyApp, familyWorkspace, familyIAM} {
		for _, key := range []string{"", string(f)} {
			if base := conn.Endpoints[key]; base != "" {
				hosts[f] = strings.TrimSuffix(base, "/")
			}
		}
		if hosts[f] == "" {
			return nil, unknownRegion(region, f)
		}
	}
	return hosts, nil
}

func unknownRegion(region string, f family) error {
	hint := spec.DidYouMean(region, knownRegions(), "known are "+strings.Join(knownRegions(), ", "))
	return fmt.Errorf("no %s host is known for region %q; %s; endpoint: names the hosts of any other", f, region, hint)
}
