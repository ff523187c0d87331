package edge

import (
	"bufio"
	"net"
	"net/http"
)

// recorder notes what became of an answer. It stays usable for sockets and
// streams, whose times say nothing about the work done.
type recorder struct {
	http.ResponseWriter
	status   int
	hijacked bool
	streamed bool
}

// WriteHeader notes the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that the answer has begun.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Flush sends what was written, for streams.
func (w *recorder) Flush() {
	w.streamed = true
	http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack hands the connection over, for sockets.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.hijacked, w.status = true, http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
