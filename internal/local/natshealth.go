package local

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// Healthy asks the server whether it can do its work. After a full disk a stream
// stays unable to write until Restart.
func (n *NATS) Healthy(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.monitor+"/healthz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the NATS server for its health: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return err
	}
	return fmt.Errorf("the NATS server is not well: %s", bytes.TrimSpace(body))
}
