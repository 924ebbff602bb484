"""The entry script: navigation, project picker, worker and device status."""
