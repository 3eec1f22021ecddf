package simulator

import (
	"encoding/json"
	"net/http"
	"time"
)

// admin serves /_simulator/, through which another process sees the journal
// and injects faults. It takes the same key as the API.
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
	case "GET /_simulator/batches":
		x.json(http.StatusOK, s.Batches(r.URL.Query().Get("endpoint")))
	case "POST /_simulator/faults":
		var f Fault
		if err := json.NewDecoder(r.Body).Decode(&f); err != nil {
			x.problem(http.StatusBadRequest, err.Error())
			return
		}
		s.Inject(f)
		x.json(http.StatusOK, f)
	case "DELETE /_simulator/faults":
		s.faults.clear()
		x.json(http.StatusOK, struct{}{})
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
