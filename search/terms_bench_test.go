package search_test

import (
	"testing"

	"github.com/natter-chat/natter/search"
)

// BenchmarkTerms is what a message costs before its row is written.
func BenchmarkTerms(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"English", "Good morning everybody, the release notes are ready and the deployment starts at ten; please look at the dashboard before you merge anything else today, and tell me if the queue grows"},
		{"Korean", "오늘 오전 열 시에 배포를 시작합니다. 릴리스 노트를 확인해 주시고, 대기열이 늘어나면 바로 알려 주세요. 회의는 오후 세 시입니다"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				search.Pack(search.Terms("0190c5c0-0000-7000-8000-000000000001", c.text))
			}
		})
	}
}
