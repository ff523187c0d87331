package scenario

import (
	"maps"
	"math"
	"time"

	"github.com/natter-chat/natter/bench/load"
	"github.com/natter-chat/natter/bench/meter"
)

// Result is what one run of a scenario has measured. Times end in their unit;
// the objects by process have the keys edge, nats, postgres, persister,
// notifier and bench, each all its processes together.
type Result struct {
	Scenario string  `json:"scenario"`
	Seconds  float64 `json:"seconds"` // of load

	Offered   float64 `json:"offered_posts_per_s"`
	Posts     uint64  `json:"posts"` // attempted
	Acked     uint64  `json:"acked"`
	Delivered uint64  `json:"delivered"`
	Expected  uint64  `json:"expected"` // deliveries of what was acked

	Lost       uint64 `json:"lost"`
	Duplicated uint64 `json:"duplicated"`
	Reordered  uint64 `json:"reordered"`

	PostsPerS      float64 `json:"posts_per_s"`
	DeliveriesPerS float64 `json:"deliveries_per_s"`
	AckP50         float64 `json:"ack_p50_ms"`
	AckP99         float64 `json:"ack_p99_ms"`
	AckMax         float64 `json:"ack_max_ms"`
	DeliveryP50    float64 `json:"delivery_p50_ms"`
	DeliveryP99    float64 `json:"delivery_p99_ms"`
	DeliveryMax    float64 `json:"delivery_max_ms"`

	CPUPerPost     map[string]float64 `json:"cpu_us_per_post"`
	CPUPerDelivery map[string]float64 `json:"cpu_us_per_delivery"`
	RSS            map[string]float64 `json:"rss_mb"` // the peak
	Errors         map[string]int     `json:"errors"`

	DrainS     float64 `json:"drain_s"`     // from the last post until all is stored
	LagAtEnd   int64   `json:"lag_entries"` // events not stored when the load ended
	Connection int     `json:"connections"`

	// Speed is how fast this machine was just before: MB/s of one core hashing
	// and decoding a fixed text. Compare no two results without it.
	Speed float64 `json:"speed_mb_per_s"`

	// Figures that only some scenarios have.
	More map[string]float64 `json:"more,omitempty"`
	// Steps are the runs of a search, without their own steps.
	Steps []*Result `json:"steps,omitempty"`
}

// newResult returns a result without figures: its objects are empty, not null.
func newResult() *Result {
	return &Result{CPUPerPost: map[string]float64{}, CPUPerDelivery: map[string]float64{}, RSS: map[string]float64{}, Errors: map[string]int{}}
}

// Whole reports whether nothing was lost, doubled or reordered.
func (r *Result) Whole() bool {
	for _, s := range r.Steps {
		if !s.Whole() {
			return false
		}
	}
	return r.Lost == 0 && r.Duplicated == 0 && r.Reordered == 0
}

// checked fills in what the clients saw.
func (r *Result) checked(c load.Checked) {
	r.Acked, r.Expected, r.Delivered = c.Acked, c.Expected, c.Delivered
	r.Lost, r.Duplicated, r.Reordered = c.Lost, c.Duplicated, c.Reordered
}

// latencies fills in the distributions.
func (r *Result) latencies(acks, deliveries load.Summary) {
	r.AckP50, r.AckP99, r.AckMax = round(acks.P50), round(acks.P99), round(acks.Most)
	r.DeliveryP50, r.DeliveryP99, r.DeliveryMax = round(deliveries.P50), round(deliveries.P99), round(deliveries.Most)
}

// used fills in what the processes cost.
func (r *Result) used(u meter.Usage) {
	r.CPUPerPost, r.CPUPerDelivery = map[string]float64{}, map[string]float64{}
	for role, cpu := range u.CPU {
		if r.Acked > 0 {
			r.CPUPerPost[role] = round(micros(cpu) / float64(r.Acked))
		}
		if r.Delivered > 0 {
			r.CPUPerDelivery[role] = round(micros(cpu) / float64(r.Delivered))
		}
	}
	r.RSS = megabytes(u.Peak)
}

func megabytes(held map[string]int64) map[string]float64 {
	mb := map[string]float64{}
	for role, bytes := range held {
		mb[role] = round(float64(bytes) / (1 << 20))
	}
	return mb
}

// per returns the processor time of each role in µs, divided by n, under keys
// that begin with prefix.
func per(prefix string, u meter.Usage, n float64) map[string]float64 {
	figures := map[string]float64{}
	for role, cpu := range u.CPU {
		figures[prefix+role] = round(micros(cpu) / n)
	}
	return figures
}

// more adds a figure of one scenario.
func (r *Result) more(figures map[string]float64) {
	if r.More == nil {
		r.More = map[string]float64{}
	}
	maps.Copy(r.More, figures)
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// round keeps three digits behind the point.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }
