"""People sign up: in the widget on somebody's site, and on the programme's own page."""
