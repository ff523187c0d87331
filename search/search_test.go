package search_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/search"
)

func TestAQueryFindsWhatPeopleMean(t *testing.T) {
	for _, c := range []struct {
		query string
		finds []string
		not   []string
	}{
		{"회의", []string{"회의를 합시다", "주간회의 자료", "회의", "내일 회의?"}, []string{"회 의", "의회", "회사의 일"}},
		{"주간회의", []string{"주간회의록"}, []string{"주간 회의", "회의 주간"}},
		{"회", []string{"회의", "내일 회사에"}, []string{"주간회의"}},
		{"猫", []string{"黒猫が好き"}, []string{"犬"}},
		{"ネコ", []string{"黒ネコ"}, []string{"コネ"}},
		{"deploy", []string{"Deployment today", "DEPLOY", "we deployed", "re-deploy"}, []string{"redeploy", "depl"}},
		{"deploys", []string{"deployed", "deploying", "deploy"}, []string{"deplore"}},
		{"cities", []string{"a city"}, []string{"citizen"}},
		{"running", []string{"it runs", "run"}, []string{"rung"}},
		{"10", []string{"at 10:30", "1000"}, []string{"210"}},
		{"배포 meeting", []string{"meeting 후에 배포합니다"}, []string{"배포합니다", "meeting"}},
		{"v2배포", []string{"v2배포", "v2 오늘배포"}, []string{"v1배포"}},
		{`"release notes"`, []string{"the release  notes.", "Release-Notes"}, []string{"release the notes", "release notesapp", "prerelease notes"}},
		{`"회의 시간"`, []string{"주간회의 시간표"}, []string{"회의시간", "회의에 시간"}},
		{`"의 시간"`, []string{"주간회의 시간표"}, []string{"의 간시"}},
		{`"회의"`, []string{"주간회의를"}, nil},
		{`plan "release notes`, []string{"release notes plan"}, []string{"plan release"}},
		{"ＡＢＣ", []string{"abcdef"}, nil},
		{"straße", []string{"STRASSE"}, nil},
		{"café", []string{"cafe\u0301s"}, nil},
		{"회의", []string{"\u1112\u116c\u110b\u1174"}, nil}, // decomposed, as some systems write it
		{"привет", []string{"Приветствую"}, []string{"перевет"}},
	} {
		q, err := search.Parse(c.query)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range c.finds {
			if !q.Matches(text) {
				t.Errorf("%q does not find %q", c.query, text)
			}
			for _, term := range q.Terms() {
				if !slices.Contains(search.Terms("a", text), term) {
					t.Errorf("the index would not bring %q for %q", text, c.query)
				}
			}
		}
		for _, text := range c.not {
			if q.Matches(text) {
				t.Errorf("%q finds %q", c.query, text)
			}
		}
	}
}

func TestAQueryHasSomethingToLookFor(t *testing.T) {
	for _, bad := range []string{"", " ", "!?", `""`, `" "`, "😀", "\u0301", "a\x00", "\xff", strings.Repeat("a", 201)} {
		if q, err := search.Parse(bad); chat.CodeOf(err) != chat.BadRequest {
			t.Errorf("%q: %v, %v", bad, q, err)
		}
	}
	for _, good := range []string{"a", "회", "1", `"a`, `a"`, `"의"`, "' OR 1=1; --", "a & !b | (c:*)", strings.Repeat("회", 200)} {
		q, err := search.Parse(good)
		if err != nil || len(q.Terms()) == 0 || len(q.Terms()) > 12 {
			t.Errorf("%q: %d terms, %v", good, len(q.Terms()), err)
		}
	}
}
