package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"
)

// webhookPauses are the pauses before the three attempts of a delivery.
var webhookPauses = []time.Duration{0, 5 * time.Second, 15 * time.Second}

// deliver posts a final job, including its submission, to its webhook. It is called
// with the endpoint's lock held.
func (s *Server) deliver(j *job) {
	if j.Webhook == "" {
		return
	}
	view := j.view()
	view["input"], view["webhook"] = j.Input, j.Webhook
	body, err := json.Marshal(view)
	if err != nil {
		return
	}
	s.attempt(j.Webhook, body, 0)
}

func (s *Server) attempt(url string, body []byte, n int) {
	s.clock.after(webhookPauses[n], func() {
		go func() {
			req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body)) //nolint:noctx // a delivery has no caller
			if err != nil {
				return
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("User-Agent", "Go-http-client/2.0")
			resp, err := s.options.WebhookClient.Do(req)
			if err == nil {
				_ = resp.Body.Close()
				if resp.StatusCode < 300 {
					return
				}
			}
			select {
			case <-s.closed:
			default:
				if n+1 < len(webhookPauses) {
					s.attempt(url, body, n+1)
				}
			}
		}()
	})
}
