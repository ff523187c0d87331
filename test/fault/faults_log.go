package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/test/fault/laws"
)

var consumers = []jetstream.Consumer{jetstream.PersisterChat, jetstream.PersisterReads, jetstream.PersisterNotify, jetstream.PersisterAudit, jetstream.PersisterSearch, jetstream.NotifierChat}

// deleteConsumer deletes one; the workers make it again.
func deleteConsumer(k *run) (*blow, error) {
	name := one(k.dice, consumers)
	if err := k.DeleteConsumer(name); err != nil {
		return nil, err
	}
	return &blow{hit: string(name) + " was deleted"}, nil
}

func stepDownLeader(k *run) (*blow, error) {
	s := one(k.dice, []events.Stream{events.Chat, events.Chat, events.Reads, events.Notify, events.Sessions, events.Audit})
	old, err := k.Leader(s)
	if err != nil {
		return nil, err
	}
	if err := k.StepDown(s); err != nil {
		return nil, err
	}
	now, err := k.Leader(s)
	if err != nil || now == old {
		return &blow{}, err
	}
	return &blow{hit: fmt.Sprintf("%s was led by %s and is led by %s", s, old.Name, now.Name)}, nil
}

// corruptEvents puts what is no event, and what PostgreSQL refuses, between
// the posts of all rooms. All of it has to end in the dead letters.
func corruptEvents(k *run) (*blow, error) {
	var wrong error
	hits := 0
	for i := range 4 + k.dice.IntN(12) {
		room := one(k.dice, k.town.rooms)
		body := one(k.dice, corruptions(room, k.dice))
		r := laws.Record{Client: "fault", Op: laws.Corrupt, Start: k.town.now(), Room: room, Text: fmt.Sprintf("corrupt %d: %.40q", i, body)}
		seq, err := k.PublishRaw(events.Chat.Subject(room), body)
		r.Seq = seq
		k.town.ended(r, err)
		wrong = errors.Join(wrong, err)
		if err == nil {
			hits++
		}
	}
	if hits == 0 {
		return nil, wrong
	}
	return &blow{hit: fmt.Sprintf("%d entries that are no events stand in the log", hits)}, nil
}

func corruptions(room string, d *dice) [][]byte {
	post := func(scope, text string) []byte {
		return events.New(events.MessagePosted, chat.NewID(), scope, events.Person{ID: chat.NewID(), Name: "nobody"}, time.Now(),
			events.MessagePostedData{Key: chat.NewID(), Text: text}).Encode()
	}
	random := make([]byte, 1+d.IntN(2000))
	for i := range random {
		random[i] = byte(d.IntN(256))
	}
	return [][]byte{{}, random, []byte("no event"), []byte("null"), []byte(`{"type":"message.posted"}`), post(room, "a NUL \x00"),
		post(chat.NewID(), "elsewhere"), []byte(strings.Replace(string(post(room, "x")), `"text":"x"`, `"text":7`, 1)),
		[]byte(strings.Replace(string(post(room, "half")), "half", "\xc3", 1)), []byte(strings.Repeat("[", 10_000))}
}
