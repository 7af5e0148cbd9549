"""What two or more screens share: tables, charts, lines of the frame, bars. No widget knows a screen."""
