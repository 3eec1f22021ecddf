package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// admin serves /_simulator/, the API for other processes to read the journal and inject
// faults. It takes the same key as the simulated API.
func (s *Server) admin(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Exchange: &Exchange{Path: r.URL.Path}, w: w, r: r}
	if !s.authorize(x) {
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /_simulator/journal":
		x.json(http.StatusOK, s.Journal())
	case "GET /_simulator/stats":
		opened, open, most := s.Connections()
		x.json(http.StatusOK, map[string]int{"requests": len(s.Journal()), "connections_opened": opened, "connections_open": open, "connections_most_open": most})
	case "GET /_simulator/jobs":
		x.json(http.StatusOK, s.Jobs(r.URL.Query().Get("endpoint")))
	case "GET /_simulator/outputs":
		x.json(http.StatusOK, s.Outputs(r.URL.Query().Get("endpoint")))
	case "GET /_simulator/batches":
		x.json(http.StatusOK, s.Batches(r.URL.Query().Get("endpoint")))
	case "POST /_simulator/faults":
		text, _ := io.ReadAll(io.LimitReader(r.Body, maxAdminBody)) // truncated JSON is rejected below
		f, err := ParseFault(text)
		if err != nil {
			x.problem(http.StatusBadRequest, err.Error())
			return
		}
		s.Inject(f)
		x.json(http.StatusOK, f)
	case "DELETE /_simulator/faults":
		s.faults.clear()
		x.json(http.StatusOK, struct{}{})
	case "POST /_simulator/endpoints":
		s.patchEndpoint(x)
	case "POST /_simulator/advance":
		d, err := time.ParseDuration(r.URL.Query().Get("by"))
		if err != nil {
			x.problem(http.StatusBadRequest, err.Error())
			return
		}
		s.Advance(d)
		x.json(http.StatusOK, map[string]time.Time{"now": s.Now()})
	case "POST /_simulator/reset":
		s.journal.reset()
		s.faults.clear()
		s.limits.reset()
		x.json(http.StatusOK, struct{}{})
	default:
		x.problem(http.StatusNotFound, "page not found")
	}
}

// maxAdminBody is the maximum size of a request's body, in bytes.
const maxAdminBody = 1 << 20

// endpointPatch is a change of an endpoint's configuration. Nil fields are left
// unchanged.
type endpointPatch struct {
	Workers   *int    `json:"workers"`
	ColdStart *string `json:"cold_start"` // Go durations
	Throttled *int    `json:"throttled"`
	Unhealthy *int    `json:"unhealthy"`
	Version   *int    `json:"version"`
	Image     *string `json:"image"`
	Rollout   *string `json:"rollout"`
	CrashLoop *string `json:"crash_loop"` // "" ends the crash loop
	LogEvery  *string `json:"log_every"`
	LogBytes  *int    `json:"log_bytes"`
}

// apply returns e with the change.
func (p *endpointPatch) apply(e Endpoint) (Endpoint, error) {
	if p.Version != nil && p.Image == nil && e.Image == defaultImage(e.Version) {
		e.Image = "" // the default of the new version
	}
	if p.Workers != nil && *p.Workers < 0 {
		return e, errors.New("the workers must not be negative")
	}
	set(&e.Workers, p.Workers)
	if e.Workers == 0 {
		e.Workers = NoWorkers
	}
	set(&e.Throttled, p.Throttled)
	set(&e.Unhealthy, p.Unhealthy)
	set(&e.Version, p.Version)
	set(&e.Image, p.Image)
	set(&e.CrashLoop.Line, p.CrashLoop)
	set(&e.LogBytes, p.LogBytes)
	for into, text := range map[*time.Duration]*string{&e.ColdStart: p.ColdStart, &e.Rollout: p.Rollout, &e.LogEvery: p.LogEvery} {
		if text == nil {
			continue
		}
		d, err := time.ParseDuration(*text)
		if err != nil {
			return e, err
		}
		*into = d
	}
	return e, e.Check()
}

func set[T any](into, value *T) {
	if value != nil {
		*into = *value
	}
}

func (s *Server) patchEndpoint(x *exchange) {
	id := x.r.URL.Query().Get("endpoint")
	e := s.endpoint(id)
	if e == nil {
		x.problem(http.StatusNotFound, "endpoint not found")
		return
	}
	var patch endpointPatch
	body := json.NewDecoder(io.LimitReader(x.r.Body, maxAdminBody))
	body.DisallowUnknownFields()
	err := body.Decode(&patch)
	e.mu.Lock()
	config := e.config
	e.mu.Unlock()
	if err == nil {
		config, err = patch.apply(config)
	}
	if err != nil {
		x.problem(http.StatusBadRequest, err.Error())
		return
	}
	s.SetEndpoint(id, config)
	x.json(http.StatusOK, e.workersView())
}
