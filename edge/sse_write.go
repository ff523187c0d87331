package edge

import (
	"net/http"
	"strconv"
	"time"
)

// retry is the field that tells EventSource how long to wait.
func retry(d time.Duration) []byte {
	return append(strconv.AppendInt([]byte("retry: "), d.Milliseconds(), 10), '\n')
}

// sseWriter writes with a deadline for each write: a server-wide one would end
// every stream.
type sseWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	metrics *liveMetrics
}

func (o *sseWriter) put(frames ...[]byte) error {
	if len(frames) == 0 {
		return nil
	}
	o.control.SetWriteDeadline(time.Now().Add(sseWriteTime))
	for _, frame := range frames {
		n, err := o.w.Write(frame)
		o.metrics.bytes.Add(float64(n))
		if err != nil {
			return err
		}
	}
	return o.control.Flush()
}
