package jobargs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// ParseImportID takes the import id ENDPOINT_ID/JOB_ID apart.
func ParseImportID(id string) (endpointID, jobID string, err error) {
	endpointID, jobID, ok := strings.Cut(id, "/")
	if !ok {
		return "", "", errors.New("there is no slash in it")
	}
	return endpointID, jobID, CheckIDs(endpointID, jobID)
}

// CheckIDs refuses ids that cannot be those of an endpoint and of a job.
func CheckIDs(endpointID, jobID string) error {
	if err := runpod.CheckID(endpointID); err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	if err := runpod.CheckID(jobID); err != nil {
		return fmt.Errorf("job: %w", err)
	}
	return nil
}
