"""What an evaluation found, as a file for others: HTML, CSV, XLSX and JSON, all written from one `Report`."""
