package wire

import "slices"

// GetRequest asks for messages of the stream, as STREAM.MSG.GET and DIRECT.GET
// read it.
type GetRequest struct {
	Seq       uint64   `json:"seq,omitempty"`
	LastFor   string   `json:"last_by_subj,omitempty"`
	NextFor   string   `json:"next_by_subj,omitempty"`
	Batch     int      `json:"batch,omitempty"`
	MaxBytes  int      `json:"max_bytes,omitempty"`
	MultiLast []string `json:"multi_last,omitempty"`
	UpTo      uint64   `json:"up_to_seq,omitempty"`
}

// Check returns a [ReadError] if a message cannot be an answer to the request.
func (r GetRequest) Check(m *Message) error {
	if !r.selects(m) {
		return UnexpectedResponse(m)
	}
	return nil
}

func (r GetRequest) selects(m *Message) bool {
	if m.Seq == 0 || m.Seq < r.Seq || r.UpTo > 0 && m.Seq > r.UpTo {
		return false
	}
	switch {
	case r.MultiLast != nil:
		return slices.ContainsFunc(r.MultiLast, m.On)
	case r.LastFor != "":
		return m.On(r.LastFor)
	case r.NextFor != "":
		return m.On(r.NextFor)
	}
	return m.Seq == r.Seq || m.Seq < r.Seq+uint64(r.Batch)
}

// isSingle reports whether one message is the whole answer: that at a sequence.
func (r GetRequest) isSingle() bool {
	return r.Batch == 0 && r.MultiLast == nil && r.NextFor == "" && r.LastFor == ""
}

// UnexpectedResponse is the error of a message that does not belong to the
// request it answers.
func UnexpectedResponse(m *Message) error {
	return badAnswer("message %d on %.64q is not what was asked for", m.Seq, m.Subject)
}
