package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jetsource/jetsource/codec/sealed"
)

// writingDuties are of commands that can be done once: each user does them to something else.
func writingDuties(backup string) []duty {
	fill := func(stream, prefix string) []string {
		return []string{
			"$JS.API.STREAM.INFO." + stream, "$JS.API.STREAM.CREATE." + stream, "$JS.API.STREAM.UPDATE." + stream, // make it, marked as one that is being filled
			"$JS.API.STREAM.MSG.GET." + stream, "$JS.API.DIRECT.GET." + stream, // where it ends; verify it
			prefix + ".>",
		}
	}
	return []duty{
		{[]string{"forget", "C-#", "--yes"}, []string{
			infoRight, "$JS.API.STREAM.MSG.GET.EVENTS", readRight, "events.jetsource/forget-requested.jetsource/subject.*", // record it
			"$JS.API.CONSUMER.CREATE.EVENTS.*", "$JS.API.CONSUMER.MSG.NEXT.EVENTS.*", "$JS.API.CONSUMER.DELETE.EVENTS.*", // find the aggregates
			"$JS.API.STREAM.INFO.KV_SUBJECTKEYS", "$JS.API.STREAM.MSG.GET.KV_SUBJECTKEYS", "$KV.SUBJECTKEYS.*", "$JS.API.STREAM.MSG.DELETE.KV_SUBJECTKEYS",
			"$JS.API.STREAM.INFO.KV_SNAPSHOTS", "$JS.API.STREAM.PURGE.KV_SNAPSHOTS",
		}},
		{[]string{"export", "C-u0"}, []string{infoRight, readRight, "$JS.API.STREAM.INFO.KV_SUBJECTKEYS", "$JS.API.STREAM.MSG.GET.KV_SUBJECTKEYS"}},
		{[]string{"restore", backup, "--stream", "R#", "--prefix", "r#"}, fill("R#", "r#")},
		{[]string{"copy", "--to", "N#", "--prefix", "n#"}, append(fill("N#", "n#"), infoRight, readRight)},
		{[]string{"void", "--yes"}, []string{infoRight, readRight, "$JS.API.STREAM.MSG.GET.EVENTS", "events._void.>"}},
	}
}

func TestCommandsThatWriteNeedTheirRights(t *testing.T) {
	backup := filepath.Join(t.TempDir(), "backup")
	all := writingDuties(backup)
	checkDuties(t, all, func(w *world) {
		people := newShopOn(w, sealed.Config{})
		people.register(registered{Customer: "C-u0", Name: "x"})
		for i := range all[0].rights {
			people.register(registered{Customer: fmt.Sprint("C-u0-", i), Name: "x"})
		}
		var out bytes.Buffer
		require.Zero(t, run(t.Context(), []string{"backup", backup, "--server", w.nc.ConnectedUrl(), "--user", "root", "--password", "p"}, &out, &out), out.String())
		w.publish("events.x.account.torn", "TORN 0 0/3 3 0", `{}`)
		w.publish("events.x.account.next", "NEXT 0 0/1 1 0", `{}`) // else forget, which opens the store, would close it
	})
}
