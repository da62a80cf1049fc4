//go:build unix

package microservices_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/jetsource/jetsource/examples/microservices"
)

// client calls the services as a browser or a gateway would.
type client struct {
	http   http.Client
	orders string // URL
}

func newClient(t *testing.T, orders string) *client {
	c := &client{orders: orders}
	c.http.Timeout = timeout
	c.http.Transport = &http.Transport{MaxIdleConnsPerHost: clients}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

type fields map[string]any

// command sends a command, and returns the status and the version.
func (c *client) command(ctx context.Context, path, key string, body fields) (int, microservices.Version, error) {
	var answer struct {
		Version microservices.Version
		Error   string
	}
	data, err := json.Marshal(body)
	if err != nil {
		return 0, answer.Version, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.orders+"/orders/"+path, bytes.NewReader(data))
	if err != nil {
		return 0, answer.Version, err
	}
	request.Header.Set("Idempotency-Key", key)
	response, err := c.http.Do(request)
	if err != nil {
		return 0, answer.Version, err
	}
	defer response.Body.Close()
	err = json.NewDecoder(response.Body).Decode(&answer)
	return response.StatusCode, answer.Version, err
}

// must is a command that is not refused.
func (c *client) must(ctx context.Context, path, key string, body fields) (microservices.Version, error) {
	status, version, err := c.command(ctx, path, key, body)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: status %d", path, status)
	}
	return version, err
}

// see asks a process of shipping for an open order, as of a version or later.
func (c *client) see(ctx context.Context, shipping, id string, after microservices.Version) (status int, body string, err error) {
	token, err := after.MarshalText()
	if err != nil {
		return 0, "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/open-orders/%s?after=%s", shipping, id, token), nil)
	if err != nil {
		return 0, "", err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, string(data), err
}
