"""From crossings to reports at the site, without loss."""
