package main

import (
	"errors"

	"github.com/jetsource/jetsource/core"
)

// The events of a course and of a student.
type (
	CourseOffered struct{ Seats int }
	SeatTaken     struct{ Student string }

	StudentRegistered struct{ Email string }
	CourseJoined      struct{ Course string }
)

// EventKind names the event.
func (CourseOffered) EventKind() string { return "course.offered" }

// EventKind names the event.
func (SeatTaken) EventKind() string { return "course.seat-taken" }

// EventKind names the event.
func (StudentRegistered) EventKind() string { return "student.registered" }

// EventKind names the event.
func (CourseJoined) EventKind() string { return "student.course-joined" }

// Course is the state of a course, and Student that of a student.
type (
	Course  struct{ Seats, Taken int }
	Student struct {
		Email   string
		Courses []string
	}
)

// maxCourses is how many courses a student may join.
const maxCourses = 2

var course = core.DefineAggregate("course",
	core.On(func(c *Course, e CourseOffered) { c.Seats = e.Seats }),
	core.On(func(c *Course, _ SeatTaken) { c.Taken++ }),
)

// No two students have one address.
var student = core.DefineAggregate("student",
	core.On(func(s *Student, e StudentRegistered) { s.Email = e.Email }),
	core.On(func(s *Student, e CourseJoined) { s.Courses = append(s.Courses, e.Course) }),
).WithUnique("student.email", func(s Student) string { return s.Email })

// The reasons for refusing a command.
var (
	ErrFull   = errors.New("the course is full")
	ErrBusy   = errors.New("the student has enough courses")
	ErrJoined = errors.New("the student has joined before")
)

// The commands.
type (
	Offer    struct{ Seats int }
	TakeSeat struct{ Student string }
	Register struct{ Email string }
	Join     struct{ Course string }
)

// Handle offers the course.
func (c Offer) Handle(Course) ([]core.Event, error) { return []core.Event{CourseOffered(c)}, nil }

// Handle takes a seat if one is free.
func (c TakeSeat) Handle(s Course) ([]core.Event, error) {
	if s.Taken >= s.Seats {
		return nil, ErrFull
	}
	return []core.Event{SeatTaken(c)}, nil
}

// Handle registers the student.
func (c Register) Handle(Student) ([]core.Event, error) {
	return []core.Event{StudentRegistered(c)}, nil
}

// Handle joins a course that the student has not joined yet.
func (c Join) Handle(s Student) ([]core.Event, error) {
	for _, joined := range s.Courses {
		if joined == c.Course {
			return nil, ErrJoined
		}
	}
	if len(s.Courses) >= maxCourses {
		return nil, ErrBusy
	}
	return []core.Event{CourseJoined(c)}, nil
}
