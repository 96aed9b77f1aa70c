package providers_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/entitlectl/entitlectl/pkg/provider/providertest"
)

// slowly answers after a while, and counts.
type slowly struct {
	http.RoundTripper
	calls *atomic.Int64
}

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	s.calls.Add(1)
	time.Sleep(20 * time.Millisecond)
	return s.RoundTripper.RoundTrip(r)
}

// BenchmarkNoOpPlan10k reads 10,000 grants on 100 app groups over a way that takes 20 ms of real time for each call, with no limit on
// the rate, and finds nothing to do.
func BenchmarkNoOpPlan10k(b *testing.B) {
	for name, parallelism := range map[string]int{"one at a time": 1, "8 side by side": 8} {
		b.Run(name, func(b *testing.B) {
			tenant, write := ofGroups(b, 100, 100)
			calls := new(atomic.Int64)
			tenant.Via, tenant.Parallelism = slowly{tenant.Via, calls}, parallelism
			job := tenant.FileJob(b, write(0))
			for b.Loop() {
				if plan := providertest.Plan(b, job); !plan.Empty() {
					b.Fatalf("%+v", plan.Summary)
				}
			}
			b.ReportMetric(float64(calls.Load())/float64(b.N), "reads/op")
		})
	}
}
