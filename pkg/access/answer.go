package access

import "time"

// Answer is what a question was answered with, and what that stands on.
type Answer struct {
	Format      int          `json:"format"`
	Question    string       `json:"question"` // as it was asked: "who-can app/CAD"
	From        From         `json:"from"`
	AsOf        time.Time    `json:"asOf"`           // the moment that files are judged at
	Read        *time.Time   `json:"read,omitempty"` // when live was read
	Spec        string       `json:"spec"`           // digest of the files
	Version     string       `json:"version"`        // of the program
	By          string       `json:"by"`             // USER@HOST that asked
	Connections []Connection `json:"connections"`
	Rows        []Row        `json:"rows"`
	Notes       []string     `json:"notes,omitempty"` // what can't be seen, and what the rows don't tell
}

// Connection is one that the answer is about.
type Connection struct {
	Name     string `json:"name"`
	Provider string `json:"provider"`
	Account  string `json:"account,omitempty"` // whose resources these are in the vendor's words; "": nothing told
}

// AnswerFormat is the version of the form of an Answer as JSON.
const AnswerFormat = 1
