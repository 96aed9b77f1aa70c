package diff

import (
	"math"
	"slices"
)

// Summarize counts the plan's changes and estimates its time. seconds says how long one write call takes at the set rate
// of each connection; connections run side by side, so the slowest counts.
func (p *Plan) Summarize(seconds map[string]float64) {
	s := Summary{}
	count := map[Op]*int{OpCreate: &s.Create, OpUpdate: &s.Update, OpGrant: &s.Grant, OpRevoke: &s.Revoke,
		OpResend: &s.Resend, OpDelete: &s.Delete}
	for _, part := range p.Connections {
		s.Tally.add(part.Matching, len(part.Changes), part.Unseen)
		for _, c := range part.Changes {
			if c.Problem != "" {
				s.Blocked++
				continue
			}
			*count[c.Op]++
			s.Mails += c.Mails
		}
		s.Mails += extraMails(part.Calls)
		s.Calls += len(part.Calls)
		s.EstimateSeconds = max(s.EstimateSeconds, float64(len(part.Calls))*seconds[part.Name])
	}
	s.EstimateSeconds = math.Round(s.EstimateSeconds*10) / 10
	p.Summary = s
}

// Empty says whether nothing differs.
func (p *Plan) Empty() bool {
	return !slices.ContainsFunc(p.Connections, func(part ConnectionPlan) bool { return len(part.Changes) > 0 })
}
