package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// standing is what a server's monitoring tells of a stream.
type standing struct {
	Name    string `json:"name"`
	Cluster struct {
		Leader string `json:"leader"`
	} `json:"cluster"`
	State struct {
		Consumers int `json:"consumer_count"`
	} `json:"state"`
}

// standings asks a server about its streams.
func (n *NATS) standings() ([]standing, error) {
	var jsz struct {
		Accounts []struct {
			Streams []standing `json:"stream_detail"`
		} `json:"account_details"`
	}
	if err := n.monitor("/jsz?streams=true", &jsz); err != nil {
		return nil, err
	}
	var all []standing
	for _, a := range jsz.Accounts {
		all = append(all, a.Streams...)
	}
	return all, nil
}

// monitor asks one page of a server's monitoring.
func (n *NATS) monitor(page string, into any) error {
	client := http.Client{Timeout: time.Second}
	res, err := client.Get(n.Monitor + page)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	return json.NewDecoder(res.Body).Decode(into)
}

// Leader returns the server that leads a stream, as most of those see it that
// answer.
func (c *Cluster) Leader(s events.Stream) (*NATS, error) {
	votes := map[string]int{}
	var wrong []error
	for _, n := range c.NATSServers {
		all, err := n.standings()
		wrong = append(wrong, err)
		for _, one := range all {
			if one.Name == string(s) {
				votes[one.Cluster.Leader]++
			}
		}
	}
	for _, n := range c.NATSServers {
		if n.alone || 2*votes[n.Name] > len(c.NATSServers) {
			return n, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s has no leader on which most servers agree: %v", s, votes), errors.Join(wrong...))
}

// Followers returns the servers that do not lead a stream.
func (c *Cluster) Followers(s events.Stream) ([]*NATS, error) {
	leader, err := c.Leader(s)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(c.NATSServers), func(n *NATS) bool { return n == leader }), nil
}

// StepDown makes a stream's leader give up, and returns when another leads.
func (c *Cluster) StepDown(s events.Stream) error {
	old, err := c.Leader(s)
	if err != nil {
		return err
	}
	if err := c.admin("STREAM.LEADER.STEPDOWN." + string(s)); err != nil {
		return err
	}
	return poll(20*time.Second, func() error {
		now, err := c.Leader(s)
		if err == nil && now == old {
			err = fmt.Errorf("%s still leads %s", old.Name, s)
		}
		return err
	})
}

// DeleteConsumer deletes a worker's durable consumer.
func (c *Cluster) DeleteConsumer(name jetstream.Consumer) error {
	return c.admin(fmt.Sprintf("CONSUMER.DELETE.%s.%s", jetstream.Consumers[name], name))
}

// admin asks JetStream to do something.
func (c *Cluster) admin(what string) error {
	payload, err := c.request("$JS.API."+what, nil)
	if err != nil {
		return err
	}
	var answer struct {
		Success bool            `json:"success"`
		Error   json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(payload, &answer); err != nil || !answer.Success {
		return fmt.Errorf("%s was not done: %s", what, payload)
	}
	return nil
}

// PublishRaw is NATS.PublishRaw through the first server that takes it. One that
// does not answer may have taken it, too.
func (c *Cluster) PublishRaw(subject string, body []byte) (uint64, error) {
	payload, err := c.request(subject, body)
	if err != nil {
		return 0, err
	}
	return sequence(payload)
}

// request asks the servers one after the other until one answers.
func (c *Cluster) request(subject string, body []byte) ([]byte, error) {
	var wrong []error
	for _, n := range c.NATSServers {
		payload, err := n.request(subject, body, 5*time.Second)
		if err == nil {
			return payload, nil
		}
		wrong = append(wrong, err)
	}
	return nil, errors.Join(wrong...)
}
