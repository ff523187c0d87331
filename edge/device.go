package edge

import (
	"context"
	"strings"
	"unicode"

	"github.com/mileusna/useragent"

	"github.com/natter-chat/natter/chat"
)

// maxDevice bounds a device's name, in bytes with the dots that say it was cut.
const maxDevice = 100 - len("…")

// device returns what is known about where the request of ctx comes from.
func (e *Edge) device(ctx context.Context) chat.Device {
	r := requestOf(ctx)
	if r == nil {
		return chat.Device{}
	}
	return chat.Device{Name: deviceName(r.UserAgent()), Address: e.clientAddress(r)}
}

// deviceName makes something that its person knows again, such as "Firefox on
// Linux", of a User-Agent header, which is anybody's text.
func deviceName(agent string) string {
	const parsed = 512 // bytes: what a browser sends is shorter
	agent = visible(clip(agent, parsed))
	a := useragent.Parse(agent)
	name := a.Name
	if name != "" && a.OS != "" && !a.Bot {
		name += " on " + a.OS
	} else {
		name = agent
	}
	return clip(name, maxDevice)
}

// visible leaves out what cannot be seen, or changes what is.
func visible(text string) string {
	text = strings.ToValidUTF8(text, "")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
}
