package sealed

// SubjectKind is the kind of the aggregates that record what became of subjects. Their ids
// are the subjects.
const SubjectKind = "jetsource.subject"

// ForgetRequested is the event that a subject is to be forgotten: its personal values can be
// read until [Forgotten] is recorded.
type ForgetRequested struct{ Subject string }

// Forgotten is the event that a subject was forgotten: its personal values can no longer be
// read. Reactors and read models handle it as they handle any event, and remove what they
// have of the subject; a projection with tagged states calls [Erase].
type Forgotten struct {
	Subject string
	// ClearText is how many events hold values of the subject in tagged fields that are not
	// sealed: these can still be read. See [ClearTextError].
	ClearText int `json:",omitempty" msgpack:",omitempty"`
}

// EventKind returns "jetsource.forget-requested".
func (ForgetRequested) EventKind() string { return "jetsource.forget-requested" }

// EventKind returns "jetsource.forgotten".
func (Forgotten) EventKind() string { return "jetsource.forgotten" }
