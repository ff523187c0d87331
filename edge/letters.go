package edge

import (
	"fmt"
	"net/http"

	"golang.org/x/text/language"

	"github.com/natter-chat/natter/chat"
)

// What natter writes to people, in the language of the request. It holds
// nothing that somebody else has typed, such as a name: else anybody could send
// anybody a text in natter's name. It holds no link with a secret either.

// tongue is a language that natter writes in.
type tongue int

const (
	english tongue = iota
	korean
)

// tongueOf returns the first language of the request that natter writes in.
func tongueOf(r *http.Request) tongue {
	if r == nil {
		return english
	}
	wanted, _, _ := language.ParseAcceptLanguage(clip(r.Header.Get("Accept-Language"), 200))
	for _, tag := range wanted {
		switch base, _ := tag.Base(); base.String() {
		case "ko":
			return korean
		case "en":
			return english
		}
	}
	return english
}

// letter is a mail's subject and text in each language.
type letter [2]struct{ subject, text string }

// to writes the letter. A code is given once and stands wherever %s does.
func (l letter) to(address string, in tongue, code ...any) chat.Mail {
	m := chat.Mail{To: address, Subject: l[in].subject, Text: l[in].text}
	if len(code) > 0 {
		m.Subject, m.Text = fmt.Sprintf(m.Subject, code...), fmt.Sprintf(m.Text, code...)
	}
	return m
}

// The letters.
func signUpLetter() letter {
	return letter{
		{"%s is your natter code", `Your code for signing up at natter is

    %s

It is valid for 10 minutes. Nobody from natter will ever ask you for it.

If you did not want to sign up, somebody has mistyped their address: do nothing.
`},
		{"natter 인증 코드 %s", `natter 가입 인증 코드입니다.

    %s

코드는 10분 동안 쓸 수 있습니다. natter는 이 코드를 절대 물어보지 않습니다.

가입하려던 것이 아니라면 누군가 주소를 잘못 입력한 것이니 무시하셔도 됩니다.
`}}
}

func resetLetter() letter {
	return letter{
		{"%s is your natter code", `Your code for a new natter password is

    %s

It is valid for 10 minutes. Nobody from natter will ever ask you for it.

If you did not ask for a new password, do nothing: the old one stays.
`},
		{"natter 인증 코드 %s", `natter 비밀번호를 새로 정하기 위한 인증 코드입니다.

    %s

코드는 10분 동안 쓸 수 있습니다. natter는 이 코드를 절대 물어보지 않습니다.

요청하지 않았다면 무시하세요. 비밀번호는 그대로 유지됩니다.
`}}
}

func emailLetter() letter {
	return letter{
		{"%s is your natter code", `Your code for using this address with your natter account is

    %s

It is valid for 10 minutes. Nobody from natter will ever ask you for it.

If you did not ask for this, somebody has mistyped their address: do nothing.
`},
		{"natter 인증 코드 %s", `이 주소를 natter 계정에 쓰기 위한 인증 코드입니다.

    %s

코드는 10분 동안 쓸 수 있습니다. natter는 이 코드를 절대 물어보지 않습니다.

요청하지 않았다면 누군가 주소를 잘못 입력한 것이니 무시하셔도 됩니다.
`}}
}

func haveAccountLetter() letter {
	return letter{
		{"You have a natter account", `Somebody, probably you, wanted to use this address for a natter account.

There is an account with this address already. Log in with it, or choose "Forgot
password" if you do not remember the password.

If that was not you, do nothing: your account is as it was.
`},
		{"이미 natter 계정이 있습니다", `누군가(아마도 본인) 이 주소로 natter 계정을 만들거나 연결하려고 했습니다.

이 주소로 만든 계정이 이미 있습니다. 그 계정으로 로그인하거나, 비밀번호가 기억나지 않으면
"비밀번호 찾기"를 이용하세요.

본인이 아니라면 무시하세요. 계정은 그대로입니다.
`}}
}

func passwordLetter() letter {
	return letter{
		{"Your natter password was changed", `The password of your natter account was changed, and all other devices were
logged out.

If that was not you, choose "Forgot password" at once to set another one.
`},
		{"natter 비밀번호가 변경되었습니다", `natter 계정의 비밀번호가 변경되었고, 다른 기기에서는 모두 로그아웃되었습니다.

본인이 변경하지 않았다면 지금 바로 "비밀번호 찾기"로 비밀번호를 다시 정하세요.
`}}
}

func movedLetter() letter {
	return letter{
		{"Your natter account has another address", `The e-mail address of your natter account was changed, away from this one.

If that was not you, ask whoever runs your natter for help, soon.
`},
		{"natter 계정의 이메일 주소가 변경되었습니다", `natter 계정의 이메일 주소가 이 주소에서 다른 주소로 변경되었습니다.

본인이 변경하지 않았다면 natter 운영자에게 빨리 알려 주세요.
`}}
}
