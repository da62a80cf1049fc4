package sealed

import (
	"context"
	"fmt"

	"github.com/jetsource/jetsource/core"
)

// Request begins to forget a subject, for a program that cannot finish it because it has not
// all repositories, as that of an operator: it records [ForgetRequested], destroys the key,
// and removes the states that the repositories of this forgetter keep. It does not wait until
// no program has the key any more. A program that has all repositories then finishes it: by
// [Forgetter.Resume], or by a reaction to ForgetRequested that calls [Forgetter.Forget].
//
// It may be called again. It reports whether the subject was forgotten before; then it has
// only seen to it that the key store knows that: see [Forgetter.Resume].
func (f *Forgetter[ID, Pos, M]) Request(ctx context.Context, subject string) (forgotten bool, err error) {
	if forgotten, err = f.request(ctx, subject); err != nil {
		err = fmt.Errorf("request to forget subject %.64q: %w", subject, err)
	}
	return forgotten, err
}

func (f *Forgetter[ID, Pos, M]) request(ctx context.Context, subject string) (forgotten bool, err error) {
	_, _, forgotten, err = f.begin(ctx, subject)
	if err == nil {
		err = f.codec.keys.destroy(ctx, subject)
	}
	if err != nil || forgotten || len(f.byKind) == 0 {
		return forgotten, err
	}
	found, err := f.find(ctx, subject, core.Version[Pos]{})
	if err != nil {
		return false, err
	}
	return false, drop(ctx, found.held)
}
