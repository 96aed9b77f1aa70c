package spec

// testFormats are three made-up providers: one with two families of endpoints, two ways to prove who we are and a default
// domain; one for mail; one for accounts.
func testFormats() []Format {
	return []Format{
		{
			Provider: "cloud", Kinds: []Kind{KindAppGroup, KindApp},
			Auth: []AuthForm{
				{Keys: []string{"accessKey", "secretKey"}, Optional: []string{"securityToken"}},
				{Keys: []string{"token"}},
			},
			Keys: []string{"region", "project"}, Required: []string{"region"}, Endpoints: []string{"app", "iam"},
			Domain: "Local.com", Rate: Rates{Read: PerMinute(200), Write: PerMinute(100)}, Notices: true, Packing: true,
		},
		{
			Provider: "mailer", Kinds: []Kind{KindMailGroup},
			Auth: []AuthForm{{Keys: []string{"appId", "appKey"}, Optional: []string{"refreshToken"}}},
			Keys: []string{"sign"}, Booleans: []string{"sign"}, Experimental: []string{"members", "senders"},
		},
		{Provider: "directory", Kinds: []Kind{KindAccount}, Auth: []AuthForm{{Keys: []string{"key"}}}, Notices: true},
	}
}
