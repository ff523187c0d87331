package edge

import (
	"context"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// mailCode stores a new code for what f says and mails it. Whether there is an
// account with the address is asked by the postman, when the client has its
// answer: until then the same is done for every address.
func (e *Edge) mailCode(ctx context.Context, f chat.Flow) (chat.Flow, error) {
	slot, err := e.postman.reserve()
	if err != nil {
		return f, err
	}
	defer slot.release()
	code := auth.NewCode()
	f.ID = auth.NewFlow()
	f.Hash = e.Keys.HashCode(f.ID, code)
	// The narrow bound first, as for guesses: what it refuses must not count
	// against the wide one, or one client could keep somebody from resetting.
	key, counted, err := e.countFlow(ctx, f.Email)
	if err != nil {
		return f, err
	}
	if err := e.Codes.StartFlow(ctx, f); err != nil {
		e.uncount(ctx, key, counted)
		return f, err
	}
	e.writeCode(ctx, slot, f, code, true)
	return f, nil
}

// countFlow counts a flow for an address from where the request comes;
// rate_limited if there were FlowsFromOne within an hour.
func (e *Edge) countFlow(ctx context.Context, email string) (key []byte, a chat.Attempt, err error) {
	from := ""
	if r := requestOf(ctx); r != nil {
		from = e.clientAddress(r)
	}
	key = e.Keys.Fingerprint("codes for an address from an address", chat.Fold(email), from)
	a, err = e.Attempts.TakeAttempt(ctx, key, chat.FlowsFromOne, time.Hour)
	if err == nil && !a.Granted {
		err = &chat.Error{Code: chat.RateLimited, RetryAfter: max(a.Wait, time.Second),
			Detail: "You asked for too many codes with this address. Use the newest mail, or wait an hour."}
	}
	return key, a, err
}

// resendCode mails another code for the same flow.
func (e *Edge) resendCode(ctx context.Context, flow string) (chat.Flow, error) {
	slot, err := e.postman.reserve()
	if err != nil {
		return chat.Flow{}, err
	}
	defer slot.release()
	code := auth.NewCode()
	f, err := e.Codes.ResendCode(ctx, flow, e.Keys.HashCode(flow, code))
	if err != nil {
		return f, err
	}
	e.writeCode(ctx, slot, f, code, false)
	return f, nil
}

// writeCode leaves to the postman what is mailed: the code, or to somebody who
// has an account already that they have one, or nothing where there is no
// password to reset.
func (e *Edge) writeCode(ctx context.Context, slot *slot, f chat.Flow, code string, first bool) {
	in, on := tongueOf(requestOf(ctx)), e.device(ctx)
	noted := !first // once, however often the mail is tried
	slot.use(string(f.Purpose), func(ctx context.Context) error {
		holder, err := e.Codes.HolderOf(ctx, f.Email)
		known := err == nil
		if err != nil && !isCode(err, chat.NotFound) {
			return err
		}
		switch {
		case f.Purpose == chat.ForReset && known && !holder.Disabled:
			if !noted {
				noted = true
				e.note(ctx, holder.User.ID, events.NotedResetAsked, on)
			}
			return e.Mail.Send(ctx, resetLetter().to(holder.Email, in, code))
		case f.Purpose == chat.ForReset:
			return nil
		case known && holder.User.ID != f.User:
			return e.Mail.Send(ctx, haveAccountLetter().to(holder.Email, in))
		case f.Purpose == chat.ForEmail:
			return e.Mail.Send(ctx, emailLetter().to(f.Email, in, code))
		default:
			return e.Mail.Send(ctx, signUpLetter().to(f.Email, in, code))
		}
	})
}

// checkCode counts a guess and returns the flow if the code is right. Then the
// caller does what it is for; if that fails, it calls giveBack.
func (e *Edge) checkCode(ctx context.Context, flow, code string, purpose chat.Purpose, user string) (chat.Flow, error) {
	f, err := e.Codes.GuessCode(ctx, flow, purpose, user)
	if err != nil {
		return f, err
	}
	if e.Keys.CheckCode(f.ID, code, f.Hash) {
		return f, nil
	}
	if f.Guesses == chat.CodeGuesses {
		e.noteGuesses(ctx, f)
	}
	return chat.Flow{}, chat.NoSuchCode()
}

// noteGuesses leaves to the postman to write down, for whoever has the flow's
// address, that somebody has guessed at it in vain.
func (e *Edge) noteGuesses(ctx context.Context, f chat.Flow) {
	slot, err := e.postman.reserve()
	if err != nil {
		return // it is counted
	}
	on := e.device(ctx)
	slot.use("codes_guessed", func(ctx context.Context) error {
		holder, err := e.Codes.HolderOf(ctx, f.Email)
		switch {
		case isCode(err, chat.NotFound):
			return nil
		case err != nil:
			return err
		}
		e.note(ctx, holder.User.ID, events.NotedCodesGuessed, on)
		return nil
	})
}

// giveBack takes back the counting of a right guess that led to nothing. Where
// it fails, the person has a guess less.
func (e *Edge) giveBack(ctx context.Context, f chat.Flow) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	if err := e.Codes.ReturnGuess(ctx, f); err != nil {
		e.Logger.WarnContext(ctx, "a right code has cost a guess", "trace", traceID(ctx), "error", err)
	}
}

// note writes down what happened to an account; what it fails to write is logged.
func (e *Edge) note(ctx context.Context, user, kind string, on chat.Device) {
	subject, err := e.Codes.Note(ctx, events.Person{}, user, kind, on)
	if err != nil {
		e.Logger.WarnContext(ctx, "something was not noted", "user", user, "kind", kind, "error", err)
		return
	}
	e.flush(ctx, subject)
}

// tell mails a letter that no answer waits for. With a full queue it is lost,
// and counted: what it tells about has happened.
func (e *Edge) tell(ctx context.Context, kind string, l letter, address string) {
	if address == "" {
		return
	}
	slot, err := e.postman.reserve()
	if err != nil {
		return
	}
	m := l.to(address, tongueOf(requestOf(ctx)))
	slot.use(kind, func(ctx context.Context) error { return e.Mail.Send(ctx, m) })
}

// ownerEvery is the pause between two tries to find the owner's account.
const ownerEvery = 5 * time.Second

// makeOwner makes the account with the configured address the owner's. It tries
// until the database has answered: an edge starts without one.
func (e *Edge) makeOwner(ctx context.Context) error {
	for e.cfg.Owner != "" {
		subject, err := e.Codes.NameOwner(ctx, e.cfg.Owner)
		if err == nil {
			e.flush(ctx, subject)
			return nil
		}
		select {
		case <-time.After(ownerEvery):
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
