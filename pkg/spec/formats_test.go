package spec

// input is what Load reads in most tests.
func input(paths ...string) Input { return Input{Paths: paths, Formats: testFormats()} }

// testFormats are three made-up providers: one with two families of endpoints, two ways to prove who we are and a default
// domain; one for mail; one for accounts.
func testFormats() []ProviderSchema {
	kinds := testKinds()
	return []ProviderSchema{
		{
			Provider: "cloud", Kinds: []KindSchema{kinds[kindAppGroup], kinds[kindApp]},
			Auth: []AuthForm{
				{Keys: []string{"accessKey", "secretKey"}, Optional: []string{"securityToken"}},
				{Keys: []string{"token"}},
			},
			Hosts: []string{"ws.example", "ws.{region}.example"}, Env: []string{"A", "B", "K", "T", "U", "CLOUD_*"},
			Keys: []string{"region", "project", "domain", "platform", "caseFold"}, Booleans: []string{"caseFold"},
			Words: map[string][]string{"platform": {"AD", "LOCAL"}, "caseFold": {"auto"}}, Required: []string{"region"}, Endpoints: []string{"app", "iam"},
			Domain: "Local.com", Rate: Rates{Read: PerMinute(200), Write: PerMinute(100)}, Packing: true,
			Mails:     []Mail{{Type: "grant-mail", Kind: kindAppGroup, After: "grant", Default: true}, {Type: "revoke-mail", Kind: kindAppGroup, After: "revoke"}},
			Languages: []string{"zh-cn", "en-us"},
		},
		{
			Provider: "mailer", Identity: ByEmail, Kinds: []KindSchema{kinds[kindMailGroup]},
			Auth:  []AuthForm{{Keys: []string{"appId", "appKey"}, Optional: []string{"refreshToken"}}},
			Hosts: []string{"mail.example"}, Env: []string{"A", "B", "K", "MAILER_*"},
			Keys: []string{"sign"}, Booleans: []string{"sign"}, Experimental: []string{"members", "senders"},
		},
		{
			Provider: "directory", Kinds: []KindSchema{kinds[kindAccount]}, Auth: []AuthForm{{Keys: []string{"key"}}},
			Mails: []Mail{{Type: "promotion-mail", Kind: kindAccount, After: "update", Default: true}},
			Hosts: []string{"accounts.example"}, Env: []string{"K"},
		},
	}
}
