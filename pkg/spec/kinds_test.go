package spec

const (
	kindAppGroup  Kind = "app-group"
	kindApp       Kind = "app"
	kindMailGroup Kind = "mail-group"
	kindAccount   Kind = "account"
	roleSender    Role = "sender"
)

// testKinds are those of the made-up providers.
func testKinds() map[Kind]KindSchema {
	grants := []List{{Key: "grants", Role: RoleAccess, Takes: []SubjectKind{SubjectUser, SubjectUserGroup}, About: "who may use it"}}
	inMail := []SubjectKind{SubjectUser, SubjectMailbox, SubjectDepartment, SubjectAddress}
	return map[Kind]KindSchema{
		kindAppGroup: {Kind: kindAppGroup, Section: "appGroups", ID: ByName, Ownership: true, Delete: true, Lists: grants, About: "groups of apps"},
		kindApp: {Kind: kindApp, Section: "apps", ID: ByName, Ownership: true, Lists: grants, About: "apps", Settings: []Setting{
			{Key: "audience", Words: []string{"assigned", "everyone"}, Implied: "assigned", Opens: "everyone", About: "who may use it"},
		}},
		kindMailGroup: {Kind: kindMailGroup, Section: "mailGroups", ID: ByAddress, Ownership: true, Delete: true, About: "mailing lists", Settings: []Setting{
			{Key: "name", About: "what people see"}, {Key: "owner", User: true, About: "a user"},
			{Key: "senders", Words: []string{"all", "company", "member", "custom"}, About: "who may write"},
		}, Lists: []List{
			{Key: "members", Role: RoleMember, Takes: inMail, Plain: true, About: "who gets its mail"},
			{Key: "allowedSenders", Role: roleSender, Takes: inMail, Plain: true, When: &When{"senders", "custom"}, About: "who may write"},
		}},
		kindAccount: {Kind: kindAccount, Section: "accounts", ID: ByName, About: "accounts", Settings: []Setting{
			{Key: "type", Words: []string{"cloud", "resource"}, About: "what it is"}, {Key: "email", Address: true, Fixed: true, About: "where mails go"},
		}},
	}
}
